import theme from 'vitepress/theme-without-fonts';
// Only for its effect: Vite puts it into the page.
// oxlint-disable-next-line import/no-unassigned-import
import './style.css';

export default theme;
